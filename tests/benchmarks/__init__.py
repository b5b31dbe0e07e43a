"""Speed, as ratios within one run, printed beside their goals. Nothing here fails for being slow."""
