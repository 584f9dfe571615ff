"""What is owed and how it is asked for: charges, invoices, runs, files for the ledger, payments and letters."""
