"""Google Cloud Run and what an agent needs around it; Google's packages are imported when they are used."""
