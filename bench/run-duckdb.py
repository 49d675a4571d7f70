"""run-duckdb.py DATABASE TABLE FILE

Copies a table into a Parquet file by DuckDB's own extension for MySQL. The server is named by MYSQL_HOST,
MYSQL_TCP_PORT, MYSQL_UNIX_PORT, MYSQL_USER and MYSQL_PWD, which the extension reads.
"""

import pathlib
import sys

import duckdb
import duckdb_extension_mysql_scanner

database, table, file = sys.argv[1:4]
extension = next(pathlib.Path(duckdb_extension_mysql_scanner.__file__).parent.rglob("mysql_scanner.duckdb_extension"))
connection = duckdb.connect()
connection.execute(f"LOAD '{extension}'")
connection.execute(f"ATTACH 'database={database}' AS server (TYPE mysql, READ_ONLY)")
connection.execute(f"COPY (SELECT * FROM server.{table}) TO '{file}' (FORMAT parquet, COMPRESSION zstd)")
