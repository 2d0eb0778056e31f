from typing import Any

from django.db import migrations, models

from lamsach.places.keys import search_key


def fill(apps: Any, schema_editor: Any) -> None:
    officers = apps.get_model("accounts", "Officer").objects.using(schema_editor.connection.alias)
    rows = list(officers.only("full_name"))
    for one in rows:
        one.name_key = search_key(one.full_name)
    officers.bulk_update(rows, ["name_key"], batch_size=2000)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.AddField(
            "officer",
            "name_key",
            models.TextField(db_collation="C", default="", editable=False),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
