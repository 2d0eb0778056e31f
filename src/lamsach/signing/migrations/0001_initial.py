import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("places", "0001_initial"),
        ("registry", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SignerCertificate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("fingerprint", models.TextField()),
                ("certificate", models.BinaryField()),
                ("holder", models.TextField()),
                ("valid_from", models.DateTimeField()),
                ("valid_until", models.DateTimeField()),
                ("key", models.TextField(blank=True)),
                ("daily_ceiling", models.IntegerField()),
                ("bound_at", models.DateTimeField()),
                ("unbound_at", models.DateTimeField(null=True)),
                ("failed_tries", models.SmallIntegerField(default=0)),
                ("locked_until", models.DateTimeField(null=True)),
                (
                    "officer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="certificates",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SigningBatch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("prepared", "Waiting for the signature"),
                            ("signed", "Signed"),
                            ("abandoned", "Abandoned"),
                        ],
                        default="prepared",
                    ),
                ),
                ("count", models.IntegerField()),
                ("counts", models.JSONField()),
                ("manifest", models.BinaryField()),
                ("prepared_at", models.DateTimeField()),
                ("signature", models.BinaryField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "certificate",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="signing.signercertificate",
                    ),
                ),
                (
                    "office",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="places.office",
                    ),
                ),
                (
                    "officer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DoseStatement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("index", models.IntegerField()),
                ("dose_version", models.IntegerField()),
                ("statement", models.BinaryField()),
                ("salt", models.BinaryField()),
                ("proof", models.BinaryField()),
                ("voided_at", models.DateTimeField(null=True)),
                (
                    "dose",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="statements",
                        to="registry.dose",
                    ),
                ),
                (
                    "voided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.correction",
                    ),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="statements",
                        to="signing.signingbatch",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="signercertificate",
            constraint=models.UniqueConstraint(
                condition=models.Q(("unbound_at", None)),
                fields=("officer",),
                name="signer_one_certificate",
            ),
        ),
        migrations.AddConstraint(
            model_name="signercertificate",
            constraint=models.UniqueConstraint(
                condition=models.Q(("unbound_at", None)),
                fields=("fingerprint",),
                name="signer_one_officer",
            ),
        ),
        migrations.AddConstraint(
            model_name="signercertificate",
            constraint=models.CheckConstraint(
                condition=models.Q(("fingerprint__regex", "^[0-9a-f]{64}$")),
                name="signer_fingerprint",
            ),
        ),
        migrations.AddConstraint(
            model_name="signercertificate",
            constraint=models.CheckConstraint(
                condition=models.Q(("valid_until__gt", models.F("valid_from"))),
                name="signer_validity",
            ),
        ),
        migrations.AddConstraint(
            model_name="signercertificate",
            constraint=models.CheckConstraint(
                condition=models.Q(("daily_ceiling__gt", 0)), name="signer_ceiling"
            ),
        ),
        migrations.AddConstraint(
            model_name="signercertificate",
            constraint=models.CheckConstraint(
                condition=models.Q(("failed_tries__gte", 0)), name="signer_failed"
            ),
        ),
        migrations.AddConstraint(
            model_name="signercertificate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("key", ""),
                    ("key__regex", "^file:[A-Za-z0-9][A-Za-z0-9._-]{0,100}$"),
                    ("key__startswith", "pkcs11:"),
                    _connector="OR",
                ),
                name="signer_key",
            ),
        ),
        migrations.AddIndex(
            model_name="signingbatch",
            index=models.Index(fields=["office", "-id"], name="batch_by_office"),
        ),
        migrations.AddIndex(
            model_name="signingbatch",
            index=models.Index(fields=["officer", "closed_at"], name="batch_by_officer"),
        ),
        migrations.AddConstraint(
            model_name="signingbatch",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "prepared")),
                fields=("office",),
                name="batch_one_prepared",
            ),
        ),
        migrations.AddConstraint(
            model_name="signingbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("certificate", None),
                        ("closed_at", None),
                        ("signature", None),
                        ("state", "prepared"),
                    ),
                    models.Q(
                        ("certificate", None),
                        ("closed_at__isnull", False),
                        ("signature", None),
                        ("state", "abandoned"),
                    ),
                    models.Q(
                        ("certificate__isnull", False),
                        ("closed_at__isnull", False),
                        ("signature__isnull", False),
                        ("state", "signed"),
                    ),
                    _connector="OR",
                ),
                name="batch_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="signingbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(("count__gt", 0)), name="batch_count"
            ),
        ),
        migrations.AddIndex(
            model_name="dosestatement",
            index=models.Index(fields=["voided_by"], name="statement_by_correction"),
        ),
        migrations.AddConstraint(
            model_name="dosestatement",
            constraint=models.UniqueConstraint(
                condition=models.Q(("voided_at", None)),
                fields=("dose",),
                name="statement_one_valid",
            ),
        ),
        migrations.AddConstraint(
            model_name="dosestatement",
            constraint=models.UniqueConstraint(fields=("batch", "index"), name="statement_place"),
        ),
        migrations.AddConstraint(
            model_name="dosestatement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("voided_by", None), ("voided_at__isnull", False), _connector="OR"
                ),
                name="statement_voided",
            ),
        ),
    ]
