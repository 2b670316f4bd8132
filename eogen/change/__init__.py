"""Change: is the second image usual, given the first?"""
