"""run-original.py CLONE DATABASE TABLE COLUMN,… [PARTITION COLUMN]

Runs the extraction of the original panorama-elt, imported from a clone of it, for one table. Nothing is uploaded:
its data lake is taken by one that only looks at each file. The server is named by MYSQL_HOST, MYSQL_TCP_PORT,
MYSQL_UNIX_PORT, MYSQL_USER and MYSQL_PWD.
"""

import os
import sys
import types


def fake_aws() -> None:
    """The original imports AWS's library at its top; nothing here calls it."""
    for name in ("boto3", "botocore", "botocore.exceptions"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules["botocore"].exceptions = sys.modules["botocore.exceptions"]
    sys.modules["botocore.exceptions"].ClientError = Exception


class Lake:
    """Takes the place of the original's PanoramaDatalake."""

    def __init__(self) -> None:
        self.byte_count = 0

    def upload_table_from_file(self, filename: str, **_: object) -> None:
        self.byte_count += os.stat(filename).st_size


def main() -> None:
    clone, database, table, columns = sys.argv[1:5]
    partition_columns = sys.argv[5:6]
    sys.path.insert(0, clone)
    fake_aws()
    try:
        import pymysql
        from panorama_elt.mysql_datasource.mysql_datasource import MySQLDatasource
    except ImportError as error:
        sys.exit(f"{sys.executable} cannot import the original: {error}")

    connect = pymysql.connect
    if os.environ.get("MYSQL_UNIX_PORT"):
        # It knows no sockets; so it has what the others have.
        pymysql.connect = lambda **options: connect(**options, unix_socket=os.environ["MYSQL_UNIX_PORT"])
    settings = {
        "mysql_host": os.environ["MYSQL_HOST"],
        "mysql_port": int(os.environ["MYSQL_TCP_PORT"]),
        "mysql_username": os.environ["MYSQL_USER"],
        "mysql_password": os.environ["MYSQL_PWD"],
        "mysql_database": database,
        "tables": [
            {
                "name": table,
                "fields": [{"name": name} for name in columns.split(",")],
                **({"partitions": {"partition_fields": partition_columns}} if partition_columns else {}),
            }
        ],
    }
    lake = Lake()
    MySQLDatasource(lake, settings).extract_and_load(selected_tables=table, force=True)
    if lake.byte_count == 0:
        sys.exit("the original extracted nothing")


main()
