"""The main job, played over public HTTP and websockets against a running Backyard: `make journey`. Knows no Django."""
