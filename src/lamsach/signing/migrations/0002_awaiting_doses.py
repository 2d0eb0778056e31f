import django.db.models.deletion
from django.db import migrations, models

# What `lamsach.signing.sql` said on the day of this migration: doses of people who are
# authenticated as they are, that nobody has signed as they are, and no correction is asked for.
FILL = """
    insert into signing_awaitingdose (dose_id, person_id, office_id, entered_at)
    select d.id, d.person_id, d.entered_by_id, d.entered_at
    from (
        select distinct on (a.person_id) a.person_id, a.kind
        from authentication_answer a
        join registry_person p on p.id = a.person_id and p.version = a.person_version
        order by a.person_id, a.id desc
    ) newest
    join registry_dose d on d.person_id = newest.person_id and d.withdrawn_at is null
    where newest.kind in ('right', 'exempt')
    and not exists (
        select from signing_dosestatement s
        join signing_signingbatch b on b.id = s.batch_id and b.state = 'signed'
        where s.dose_id = d.id and s.voided_at is null and s.dose_version = d.version
    )
    and not exists (
        select from registry_correction c where c.dose_id = d.id and c.state = 'requested'
    )
"""


class Migration(migrations.Migration):
    dependencies = [
        ("authentication", "0002_append_only"),
        ("places", "0002_office_name_key"),
        ("registry", "0002_indexes"),
        ("signing", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="AwaitingDose",
            fields=[
                (
                    "dose",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="registry.dose",
                    ),
                ),
                ("entered_at", models.DateTimeField()),
                (
                    "office",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="places.office",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="registry.person",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["office", "entered_at", "dose"], name="awaiting_by_office")
                ],
            },
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
