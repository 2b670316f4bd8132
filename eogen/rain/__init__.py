"""Rain: how good is a satellite's map of rain, where no radar sees it?"""
