"""What if: a panel in a page that carries the patients, in which a reader moves the settings."""
