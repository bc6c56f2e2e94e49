"""Programs that maintain this repository; nothing here runs when manifests are rendered."""
