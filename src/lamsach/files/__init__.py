"""Files: what people upload and download, kept encrypted, and workbooks read and written safely.

`actions` keeps content-addressed files under the data folder; `workbooks` opens Excel files that
anybody may have made, and `workbook_writing` makes new ones. Who may see a file is for the rooms
above: nothing here has an address of its own.
"""
