namespace Marketplace.Grains;

/// <summary>The states that are kept as events with snapshots.</summary>
internal static class StoredForms
{
    public static readonly EventedForm<AccountState, AccountEvent> Account = new(
        Kind: "account",
        Empty: () => new AccountState(),
        Apply: (account, happened) => account.Apply(happened),
        Write: AccountEventCodec.Write,
        Read: bytes => AccountEventCodec.Read(bytes.Span),
        Fold: AccountSnapshotCodec.Write,
        Unfold: bytes => AccountSnapshotCodec.Read(bytes.Span)
    );

    public static readonly EventedForm<KeptBlobs, StorageEvent> Quota = new(
        Kind: "quota",
        Empty: () => new KeptBlobs(),
        Apply: (kept, happened) => kept.Apply(happened),
        Write: StorageEventCodec.Write,
        Read: bytes => StorageEventCodec.Read(bytes.Span),
        Fold: KeptBlobsCodec.Write,
        Unfold: bytes => KeptBlobsCodec.Read(bytes.Span)
    );

    public static readonly EventedForm<LedgerState, LedgerEntry> Ledger = new(
        Kind: "ledger",
        Empty: () => new LedgerState(),
        Apply: (ledger, happened) => ledger.Apply(happened),
        Write: LedgerEntry.Write,
        Read: bytes => LedgerEntry.Read(bytes.Span),
        Fold: LedgerState.Write,
        Unfold: bytes => LedgerState.Read(bytes.Span)
    );
}
