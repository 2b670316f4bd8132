"""Maps that need no network: Leaflet comes out of a wheel, pictures travel as data URLs."""
