"""EOGen: see what generative models believe about the Earth (the science wing: no user interface here)."""

__version__ = "0.1.0"
