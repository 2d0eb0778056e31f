from typing import Any

from django.db import migrations, models

from lamsach.places.keys import search_key


def fill(apps: Any, schema_editor: Any) -> None:
    offices = apps.get_model("places", "Office").objects.using(schema_editor.connection.alias)
    rows = list(offices.only("name"))
    for one in rows:
        one.name_key = search_key(one.name)
    offices.bulk_update(rows, ["name_key"], batch_size=2000)


class Migration(migrations.Migration):
    dependencies = [("places", "0001_initial")]

    operations = [
        migrations.AddField(
            "office",
            "name_key",
            models.TextField(db_collation="C", default="", editable=False),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddIndex(
            "office", models.Index(fields=["name_key", "id"], name="office_by_name")
        ),
    ]
