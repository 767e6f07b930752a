"""The workbook's reference library: layers, losses and a gradient checker in plain NumPy."""
