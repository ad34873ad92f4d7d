"""Model cards, data sheet and checklist of a run, written from its own files.

`collecting` copies the few facts that they need from the run into tracked files,
`facts` reads them back, checked; the others only turn facts into words.
"""
