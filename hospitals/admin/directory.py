"""The frame of the directory's pages in the office: to read, never to write."""

from modeltranslation.translator import NotRegistered, translator

from portal.admin.strict import ReadOnlyAdmin


class DirectoryAdmin(ReadOnlyAdmin):
    """A public claim changes through an approved proposal or the loader, never in a form here."""

    def lookup_allowed(self, lookup, value, request=None):
        """The links of the page's own filters, which compare a choice for being the same."""
        return lookup in {f"{name}__exact" for name in self.list_filter}

    def get_fields(self, request, obj=None):
        """The columns of each language; the column without one only repeats the English."""
        originals = translated_fields(self.model)
        own = [f.name for f in self.opts.fields if f.editable and f.name not in originals]
        return [*own, *self.readonly_fields]


def translated_fields(model) -> set[str]:
    try:
        return set(translator.get_options_for_model(model).all_fields)
    except NotRegistered:
        return set()
