"""What happened in a reading, in the reader's language: faults that ended it, and oddities it told and passed over."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from roles.directories.faults import DirectoryFault

FAULTS: Mapping[str, str | Promise] = {
    "unreachable": gettext_lazy("The directory did not answer, not even when asked again. Check the address."),
    "answer": gettext_lazy("The answer was not what the system's documentation says. Check the address."),
    "credentials": gettext_lazy("The system does not accept the id and the secret. Enter them again."),
    "no_privilege": gettext_lazy(
        "The app may not read this part of the address book. Give it the permission in the system's console, let it "
        "see all departments, and admit the address of this server."
    ),
    "rate_limit": gettext_lazy("The system lets no more calls through for now. Try again later."),
    "refused": gettext_lazy("The system refused a call."),
    "paging": gettext_lazy("The list did not come to its end: its pages repeat, or the last one is missing."),
    "empty": gettext_lazy("The directory shows no department, or nobody who works there. So nobody leaves."),
    "sealed": gettext_lazy("The keys of this installation have changed, so the secret is lost. Enter it again."),
}
ADDRESSES: Mapping[str, str | Promise] = {
    "scheme": gettext_lazy("The address must begin with https://."),
    "malformed": gettext_lazy("This is no address of a server. Write https:// and the name, without a query."),
    "unresolvable": gettext_lazy("No server of this name is known."),
    "private": gettext_lazy(
        "The address lies in a private network. Whoever runs this installation can allow that (DIRECTORIES_PRIVATE)."
    ),
}
FILES: Mapping[str, str | Promise] = {
    "too_large": gettext_lazy("The file is too large."),
    "encoding": gettext_lazy("The text is in no encoding that is known. Save it as UTF-8 or GBK."),
    "damaged": gettext_lazy("The file is damaged."),
    "unknown": gettext_lazy(
        "This looks like no export of WeCom, DingTalk or Feishu. Members need the columns 姓名, 账号 and 部门."
    ),
    "mixed": gettext_lazy("The files are of several systems, or of another one than chosen. Bring one at a time."),
    "no_ids": gettext_lazy("Rows lack the account or the department id; without it people would leave and come anew."),
    "no_departments": gettext_lazy("The file names no department."),
    "error_answer": gettext_lazy("The file holds an answer that is an error."),
    "pages_missing": gettext_lazy("A list in the file has further pages that are not there."),
}
NOTES: Mapping[str, str | Promise] = {
    "department_loop": gettext_lazy("Departments that belong to each other in a circle; they stay where they were"),
    "department_twice": gettext_lazy("Departments given twice; the first one counts"),
    "parent_not_shown": gettext_lazy("Departments whose parent the app may not see; they hang at the top"),
    "listed_twice": gettext_lazy("Departments listed under a second parent or under themselves; not followed"),
    "leader_not_shown": gettext_lazy("Leaders who are not among the members"),
    "manager_not_shown": gettext_lazy("Direct managers who are not among the members"),
    "manager_loop": gettext_lazy("Direct managers in a circle; there the departments decide"),
    "not_active": gettext_lazy("Members who are blocked or gone; they do not count as working here"),
    "member_at_top": gettext_lazy("Members of no department that is shown; they stand at the top"),
    "second_department": gettext_lazy("Further departments without a leader to draw a line to"),
    "no_details": gettext_lazy("The app may not read single members, so direct managers are unknown"),
    "personal_dropped": gettext_lazy("Phones, mails and other personal columns were left out"),
}


def fault_words(fault: DirectoryFault) -> str:
    """Return what to do about a fault, with the call and the system's own code and words where there are any."""
    if fault.code == "address":
        return str(ADDRESSES.get(fault.number, ADDRESSES["malformed"]))
    if fault.code == "file":
        words = str(FILES.get(fault.number, FILES["damaged"]))
        return f"{words} ({fault.said})" if fault.said else words
    words = str(FAULTS.get(fault.code, FAULTS["refused"]))
    said = " · ".join(part for part in (fault.call, fault.number, fault.said) if part)
    return f"{words} ({said})" if said else words


def kept_fault(fault: DirectoryFault) -> dict[str, str]:
    """Return a fault as a run keeps it."""
    return {"code": fault.code, "call": fault.call, "number": fault.number, "said": fault.said}


def fault_of(kept: Mapping[str, str]) -> DirectoryFault | None:
    """Return the fault that a run keeps."""
    if not kept:
        return None
    return DirectoryFault(kept["code"], call=kept["call"], number=kept["number"], said=kept["said"])


def confirm_words(words: str) -> str:
    """Return the words of `confirmation` in the reader's language: what a person types on a page."""
    said = []
    for part in words.split(", "):
        count, _space, what = part.partition(" ")
        if what.startswith("leaver"):
            said.append(_("%(n)s leave") % {"n": count})
        elif what.startswith("closed unit"):
            said.append(_("%(n)s units close") % {"n": count})
        else:
            said.append(part)
    return _(", ").join(said)


def note_words(code: str) -> str:
    """Return what a kind of oddity is."""
    found = NOTES.get(code)
    return str(found) if found is not None else _("Other")
