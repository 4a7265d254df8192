"""The book, part by part: in each the contract, what is the same everywhere, and a file for each framework.

A part imports only parts before it, in the order of `contracts.PARTS`.
"""
