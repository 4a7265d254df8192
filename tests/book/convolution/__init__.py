"""Convolutional chapters as readers write them: one file for each framework, a function for each section.

Each uses this package as the book's cells do, in code of our own and on a few images; channels are few.
"""
