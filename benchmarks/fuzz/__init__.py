"""Thousands of damaged and hostile files over every reader that takes a file from a visitor.

``python -m benchmarks.fuzz --files 2000 --seed 0`` prints one line for each reader and one for each failure; a failure
is named by its seed and number, and ``--only NUMBER`` plays it again. Every file is opened in a child process, whose
death, silence and memory are seen from outside. What is asked of each:

* it is read, or refused with a sentence of :mod:`eogen.errors` that both languages can say;
* within 10 seconds of the processor and 1 GB more than is held before;
* nothing is written outside the temporary folder, and nothing is left in it;
* no address is asked, not even that of the bait: a server of our own whose address the hostile files name.
"""
