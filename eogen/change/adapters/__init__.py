"""Models that the user brings: where they are put, how they are loaded, how they are asked about a pair.

None of them is shipped with EOGen and none is ever fetched by it. :mod:`.folder` says where each belongs and what is
missing; :mod:`.checkpoint` reads tensors only (no pickled objects) and names the key that is missing or unknown.
"""
