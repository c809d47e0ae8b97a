"""How dates are written: as the field's systems export them, the same in both languages."""
