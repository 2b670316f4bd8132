#!/bin/sh
# The test of two replicas needs nginx: use the one that is here, or install Debian's package. Without it, it is skipped.
command -v nginx >/dev/null 2>&1 || [ -x /usr/sbin/nginx ] && exit 0
if command -v apt-get >/dev/null 2>&1; then
  as_root=""
  [ "$(id -u)" = 0 ] || as_root="sudo -n"
  echo "No nginx found: installing Debian's package."
  $as_root apt-get update -q >/dev/null && $as_root apt-get install -y -q --no-install-recommends nginx-light >/dev/null && exit 0
fi
echo "No nginx: the test of two replicas behind it will be skipped (Debian: apt-get install nginx-light)." >&2
exit 0
