import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("authentication", "0002_append_only"),
        ("registry", "0001_initial"),
        ("signing", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="PublishedFile",
            fields=[
                ("name", models.TextField(primary_key=True, serialize=False)),
                ("content", models.BinaryField()),
                ("digest", models.TextField()),
                ("changed_at", models.DateTimeField()),
                ("made_at", models.DateTimeField()),
                ("valid_until", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="PassportSigner",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kid", models.TextField(unique=True)),
                ("certificate", models.BinaryField()),
                ("algorithm", models.TextField()),
                ("country", models.TextField()),
                ("valid_from", models.DateTimeField()),
                ("valid_until", models.DateTimeField()),
                ("added_at", models.DateTimeField()),
                ("distrusted_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("algorithm__in", ["ES256", "PS256"])),
                        name="passport_signer_algorithm",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Passport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("uvci", models.TextField(unique=True)),
                ("hc1", models.TextField()),
                ("signature_hash", models.BinaryField()),
                ("issued_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("full_name", models.TextField()),
                ("birth_date", models.TextField()),
                ("nationality", models.TextField()),
                ("travel_name", models.TextField(blank=True)),
                ("disease", models.TextField()),
                ("dose_number", models.SmallIntegerField()),
                ("series", models.SmallIntegerField()),
                ("vaccinated_on", models.DateField()),
                ("country", models.TextField()),
                ("vaccine", models.TextField()),
                ("product", models.TextField()),
                ("manufacturer", models.TextField()),
                ("issued_by", models.TextField()),
                ("superseded_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                ("revocation_effective_at", models.DateTimeField(null=True)),
                (
                    "revocation_reason",
                    models.TextField(
                        blank=True,
                        choices=[
                            ("corrected", "Something it shows was corrected"),
                            ("withdrawn", "The doses it rests on are no longer enough"),
                            ("fraud", "Fraud"),
                        ],
                    ),
                ),
                ("revocation_grounds", models.TextField(blank=True)),
                ("released_at", models.DateTimeField(null=True)),
                (
                    "answer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="authentication.answer",
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.campaign",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="passports",
                        to="registry.person",
                    ),
                ),
                (
                    "replaces",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaced_by_one",
                        to="passports.passport",
                    ),
                ),
                (
                    "signer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="passports.passportsigner",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Refusal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.TextField()),
                ("message_vi", models.TextField()),
                ("message_en", models.TextField()),
                ("at", models.DateTimeField()),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="registry.campaign",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="registry.person",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Due",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("lane", models.SmallIntegerField(choices=[(0, "At once"), (1, "In bulk")])),
                ("since", models.DateTimeField()),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="registry.campaign",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="registry.person",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["lane", "id"], name="due_in_order")],
                "constraints": [
                    models.UniqueConstraint(fields=("person", "campaign"), name="due_once"),
                    models.CheckConstraint(
                        condition=models.Q(("lane__in", [0, 1])), name="due_lane"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LogEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.TextField(choices=[("issued", "Issued"), ("revoked", "Revoked")])),
                ("salt", models.BinaryField()),
                ("digest", models.BinaryField()),
                ("position", models.BigIntegerField(null=True, unique=True)),
                (
                    "passport",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="log_entries",
                        to="passports.passport",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("position", None)),
                        fields=["id"],
                        name="log_entry_waiting",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("passport", "kind"), name="log_entry_once"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["issued", "revoked"])),
                        name="log_entry_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("position", None), ("position__gte", 0), _connector="OR"
                        ),
                        name="log_entry_position",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PassportDose",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "dose",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.dose",
                    ),
                ),
                (
                    "passport",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="doses",
                        to="passports.passport",
                    ),
                ),
                (
                    "statement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="signing.dosestatement",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("passport", "dose"), name="passport_dose_once")
                ],
            },
        ),
        migrations.AddIndex(
            model_name="passport",
            index=models.Index(fields=["person", "-id"], name="passport_by_person"),
        ),
        migrations.AddIndex(
            model_name="passport",
            index=models.Index(
                condition=models.Q(("superseded_at", None)),
                fields=["expires_at"],
                name="passport_expiring",
            ),
        ),
        migrations.AddIndex(
            model_name="passport",
            index=models.Index(
                condition=models.Q(("revoked_at__isnull", False)),
                fields=["revocation_effective_at"],
                name="passport_revoked",
            ),
        ),
        migrations.AddConstraint(
            model_name="passport",
            constraint=models.UniqueConstraint(
                condition=models.Q(("superseded_at", None)),
                fields=("person", "campaign"),
                name="passport_one_current",
            ),
        ),
        migrations.AddConstraint(
            model_name="passport",
            constraint=models.CheckConstraint(
                condition=models.Q(("expires_at__gt", models.F("issued_at"))),
                name="passport_validity",
            ),
        ),
        migrations.AddConstraint(
            model_name="passport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("revocation_effective_at", None),
                        ("revocation_grounds", ""),
                        ("revocation_reason", ""),
                        ("revoked_at", None),
                    ),
                    models.Q(
                        ("revocation_effective_at__gte", models.F("revoked_at")),
                        ("revocation_reason__in", ["corrected", "withdrawn", "fraud"]),
                        ("revoked_at__isnull", False),
                        ("superseded_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="passport_revocation",
            ),
        ),
        migrations.AddConstraint(
            model_name="passport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("revocation_reason", "fraud"), _negated=True),
                    models.Q(("revocation_grounds", ""), _negated=True),
                    _connector="OR",
                ),
                name="passport_fraud_grounds",
            ),
        ),
        migrations.AddConstraint(
            model_name="passport",
            constraint=models.CheckConstraint(
                condition=models.Q(("dose_number__gte", 1), ("series__gte", 1)),
                name="passport_doses",
            ),
        ),
        migrations.AddConstraint(
            model_name="refusal",
            constraint=models.UniqueConstraint(fields=("person", "campaign"), name="refusal_once"),
        ),
    ]
