"""Row ids of the tables of money."""

from __future__ import annotations

from typing import NewType

InvoicerId = NewType("InvoicerId", int)
PayerId = NewType("PayerId", int)
SeriesId = NewType("SeriesId", int)
RunId = NewType("RunId", int)
ExportId = NewType("ExportId", int)
InvoiceId = NewType("InvoiceId", int)
ChargeId = NewType("ChargeId", int)
PaymentId = NewType("PaymentId", int)
ReminderId = NewType("ReminderId", int)
ALL = (InvoicerId, PayerId, SeriesId, RunId, ExportId, InvoiceId, ChargeId, PaymentId, ReminderId)
