"""What other rooms may ask of the vault: take contact data in, show it to who may see it, purge it."""

from privacy.client.keystore import KeyGone, KeystoreError
from privacy.rules.recognition import looks_like_contact
from privacy.service.collecting import Consent, ContactRefused, collect, consent_problem
from privacy.service.items import ItemUnreadable
from privacy.service.keeping import Kept, PurgeState, Shown, disclosures, kept_of, purge_state
from privacy.service.purging import PurgeReport
from privacy.service.revealing import Contact, PurposeRefused, reveal
from privacy.service.sealing import (
    NoIngestKey,
    Sealed,
    SealedUnreadable,
    Sealer,
    ensure_keys,
    open_sealed,
    read_ingest_key,
    seal_offline,
    seal_text,
)
from privacy.service.states import contact_states
from privacy.service.vaulting import CollectionAltered, vault_collections

__all__ = [
    "CollectionAltered",
    "Consent",
    "Contact",
    "ContactRefused",
    "ItemUnreadable",
    "Kept",
    "KeyGone",
    "KeystoreError",
    "NoIngestKey",
    "PurgeReport",
    "PurgeState",
    "PurposeRefused",
    "Sealed",
    "SealedUnreadable",
    "Sealer",
    "Shown",
    "collect",
    "consent_problem",
    "contact_states",
    "disclosures",
    "ensure_keys",
    "kept_of",
    "looks_like_contact",
    "open_sealed",
    "purge_state",
    "read_ingest_key",
    "reveal",
    "seal_offline",
    "seal_text",
    "vault_collections",
]
