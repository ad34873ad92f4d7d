"""Studies of real slices: each asks one question and answers it with tracked tables.

A study is a module here with a `QUESTION`, the data sets that it `NEEDS`, what it
`COSTS`, and `run`. What it returns is written by `record` alone.
"""
