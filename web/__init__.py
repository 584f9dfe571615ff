"""Flask pages, the REST API, sign-in and the words for people."""
