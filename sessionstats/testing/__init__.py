"""The differential-testing kit: find out whether another implementation is right, and if not, where and why.

Nothing is imported here, so that comparing two answers needs no more than the kernel does; what generates
cases needs the ``testing`` extra.
"""
