"""The mistakes that make a test score too good, each beside its honest counterpart.

A sin is a function of `cases.Slices` and a seed. It returns, for the same slices, how
often the honest and the sinful way were right; `prices` measures the difference.
"""
