"""The databases of the tests: one template for a run, and no row left after a test."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from portal.roles import Role
from portal.tests.fixtures import make_case, make_hospital, make_user
from tools.testing import databases


def rows() -> dict:
    return {
        model._meta.db_table: count
        for model in apps.get_models(include_auto_created=True)
        if (count := model._base_manager.count())
    }


def test_copied_database_lacks_no_migration_and_has_no_row(db):
    executor = MigrationExecutor(connection)
    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []
    assert set(rows()) == databases.WRITTEN_BY_MIGRATING


def test_tables_are_empty_after_a_test_that_committed(transactional_db):
    before = rows()
    lead = make_user("lead", Role.HOSPITAL_EDITOR, make_hospital("scmc"))
    lead.user_permissions.add(Permission.objects.first())
    make_case(assigned_to=lead)
    assert len(rows()) > len(before) + 5
    databases.empty_tables(None)
    assert rows() == before


def test_template_is_made_by_the_first_alone(monkeypatch, tmp_path):
    made, copied = [], []
    monkeypatch.setattr(databases, "_migrate", lambda _connection, name: made.append(name))
    monkeypatch.setitem(
        databases.COPY, connection.vendor, lambda _connection, template, name: copied.append(name)
    )
    for _process in range(2):
        databases.copy_template(connection, tmp_path / "templates")
    assert len(made) == 1
    assert len(copied) == 2


def test_template_that_failed_is_made_again(monkeypatch, tmp_path):
    def fail(*_arguments):
        raise RuntimeError

    monkeypatch.setitem(databases.COPY, connection.vendor, lambda *_arguments: None)
    monkeypatch.setattr(databases, "_migrate", fail)
    with pytest.raises(RuntimeError):
        databases.copy_template(connection, tmp_path)
    made = []
    monkeypatch.setattr(databases, "_migrate", lambda *_arguments: made.append(1))
    databases.copy_template(connection, tmp_path)
    assert made == [1]
