"""Land cover through the year: series of Sentinel-2, what is learnt from them, and explanations of when and what."""
