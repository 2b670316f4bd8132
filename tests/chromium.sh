#!/bin/sh
# The browser tests need a Chromium: use the one that is here, or install Debian's package, or say what to do.
for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null 2>&1 && exit 0
done
if command -v apt-get >/dev/null 2>&1; then
  as_root=""
  [ "$(id -u)" = 0 ] || as_root="sudo"
  echo "No Chromium found: installing Debian's package."
  $as_root apt-get update -q >/dev/null && $as_root apt-get install -y -q --no-install-recommends chromium >/dev/null && exit 0
fi
echo "The browser tests need Chromium. Install it (Debian: apt-get install chromium) and run 'make test' again." >&2
exit 1
