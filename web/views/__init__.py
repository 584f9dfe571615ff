"""The pages, one blueprint for each file; web.app registers all it finds here."""
