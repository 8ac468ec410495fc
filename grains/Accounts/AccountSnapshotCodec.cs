using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>The stored form of a whole account. Holds name their key by its place in the list of keys.</summary>
internal static class AccountSnapshotCodec
{
    /// <summary>
    /// Version 1 has no modules, version 2 no operations with moments, version 3 no transfers of the account's own and no used challenge,
    /// version 4 no refusals, version 5 no holds of which a part was paid, version 6 no earnings that are claimed on a chain,
    /// version 7 no compensations.
    /// An account without any is written in the older version, which earlier silos can read.
    /// </summary>
    private const byte FormatWithoutModules = 1;
    private const byte FormatWithoutOperations = 2;
    private const byte FormatWithoutTransfers = 3;
    private const byte FormatWithoutRefusals = 4;
    private const byte FormatWithoutCharges = 5;
    private const byte FormatWithoutClaims = 6;
    private const byte FormatWithoutCompensations = 7;
    private const byte Format = 8;

    public static ReadOnlyMemory<byte> Write(AccountState account)
    {
        var writer = new CompactWriter(1024 + (account.Holds.Count * 56));
        var format = FormatFor(account);
        writer.Byte(format);
        writer.Flag(account.IsOpen);
        WriteSums(writer, account);
        writer.Time(account.LastHeldAt);
        WriteKeysAndHolds(writer, account);
        writer.Count(account.Outgoings.Count);
        foreach (var (payee, outgoing) in account.Outgoings.OrderBy(pair => pair.Key))
        {
            writer.Id(payee.Value);
            writer.Signed(outgoing.Last);
            writer.Count(outgoing.Pending.Count());
            foreach (var transfer in outgoing.Pending)
            {
                writer.Signed(transfer.Sequence);
                writer.Amount(transfer.Amount);
            }
        }

        writer.Count(account.Incoming.Count);
        foreach (var (payer, sequence) in account.Incoming.OrderBy(pair => pair.Key))
        {
            writer.Id(payer.Value);
            writer.Signed(sequence);
        }

        writer.Count(account.Credits.Count);
        foreach (var operation in account.Credits.Order(StringComparer.Ordinal))
        {
            writer.Text(operation);
        }
        KeptBlobsCodec.WritePins(writer, account.Storage);
        if (format > FormatWithoutModules)
        {
            KeptBlobsCodec.WriteModules(writer, account.Storage);
        }
        if (format > FormatWithoutOperations)
        {
            WriteOperations(writer, account);
        }
        if (format > FormatWithoutTransfers)
        {
            writer.Time(account.LastChallenge);
        }
        if (format > FormatWithoutRefusals)
        {
            RefusalListCodec.Write(writer, account.Refusals);
        }
        if (format > FormatWithoutCharges)
        {
            WriteCharges(writer, account);
        }
        if (format > FormatWithoutClaims)
        {
            writer.Amount(account.Claimable);
        }
        if (format > FormatWithoutCompensations)
        {
            writer.Amount(account.CompensatedTotal);
        }
        return writer.Finish();
    }

    private static void WriteSums(CompactWriter writer, AccountState account)
    {
        foreach (
            var amount in (ReadOnlySpan<TokenAmount>)
                [
                    account.Available,
                    account.Held,
                    account.Earned,
                    account.Spent,
                    account.CreditedTotal,
                    account.ReceivedTotal,
                    account.SentTotal,
                ]
        )
        {
            writer.Amount(amount);
        }
    }

    private static byte FormatFor(AccountState account)
    {
        var operations = account.Operations;
        var isEarlier =
            operations.Count == 0
            && operations.ForgottenBefore == default
            && account.Funds.Count == 0
            && account.WithdrawnTotal.IsZero
            && account.Debt.IsZero;
        return !account.CompensatedTotal.IsZero ? Format
            : account.EarnsOnChain ? FormatWithoutCompensations
            : account.Funds.Values.Any(fund => fund.Charges > 0) ? FormatWithoutClaims
            : !account.Refusals.IsEmpty ? FormatWithoutCharges
            : account.LastChallenge != default || operations.All.Any(operation => operation.Kind == OperationKind.Transfer)
                ? FormatWithoutRefusals
            : !isEarlier ? FormatWithoutTransfers
            : account.Storage.ProgramCount > 0 ? FormatWithoutOperations
            : FormatWithoutModules;
    }

    private static void WriteOperations(CompactWriter writer, AccountState account)
    {
        writer.Amount(account.WithdrawnTotal);
        writer.Amount(account.Debt);
        writer.Count(account.Funds.Count);
        foreach (var (id, fund) in account.Funds.OrderBy(pair => pair.Key.Purpose).ThenBy(pair => pair.Key.Value))
        {
            AccountEventCodec.WriteHold(writer, id);
            writer.Text(fund.Key.Id);
            writer.Amount(fund.Amount);
            writer.Time(fund.First);
        }

        writer.Time(account.Operations.ForgottenBefore);
        writer.Count(account.Operations.Count);
        foreach (
            var (kind, id, done) in account
                .Operations.All.OrderBy(operation => operation.Kind)
                .ThenBy(operation => operation.Id, StringComparer.Ordinal)
        )
        {
            writer.Byte((byte)kind);
            writer.Text(id);
            writer.Time(done.At);
            writer.Amount(done.Amount);
            if (done.To is { } payee)
            {
                writer.Id(payee.Value);
            }
        }
    }

    private static void WriteCharges(CompactWriter writer, AccountState account)
    {
        var charged = account.Funds.Where(pair => pair.Value.Charges > 0).ToArray();
        writer.Count(charged.Length);
        foreach (var (id, fund) in charged.OrderBy(pair => pair.Key.Purpose).ThenBy(pair => pair.Key.Value))
        {
            AccountEventCodec.WriteHold(writer, id);
            writer.Count(fund.Charges);
            writer.Amount(fund.Charged);
        }
    }

    private static void ReadCharges(ref CompactReader reader, AccountState account)
    {
        for (var left = reader.Items(itemSizeMin: 35); left > 0; left--)
        {
            var id = AccountEventCodec.ReadHold(ref reader);
            if (!account.Funds.TryGetValue(id, out var fund))
            {
                throw new InvalidDataException(
                    $"The snapshot of an account is damaged: parts of the hold {id} were paid, which it has not."
                );
            }
            fund.RestoreCharges(reader.Count(), reader.Amount());
        }
    }

    private static void ReadClaims(ref CompactReader reader, AccountState account, byte format)
    {
        if (format > FormatWithoutClaims)
        {
            account.EarnsOnChain = true;
            account.Claimable = reader.Amount();
        }
        if (format > FormatWithoutCompensations)
        {
            account.CompensatedTotal = reader.Amount();
        }
    }

    private static void ReadOperations(ref CompactReader reader, AccountState account)
    {
        account.WithdrawnTotal = reader.Amount();
        account.Debt = reader.Amount();
        for (var left = reader.Items(itemSizeMin: 42); left > 0; left--)
        {
            var id = AccountEventCodec.ReadHold(ref reader);
            var keyId = reader.Text();
            if (!account.Keys.TryGetValue(keyId, out var key))
            {
                throw new InvalidDataException($"The snapshot of an account is damaged: the hold {id} names the unknown key '{keyId}'.");
            }
            var fund = new Hold(key, reader.Amount(), reader.Time());
            key.Held += fund.Amount;
            account.Funds.Add(id, fund);
        }

        account.Operations.ForgetBefore(reader.Time());
        for (var left = reader.Items(itemSizeMin: 11); left > 0; left--)
        {
            var (kind, id, at, amount) = ((OperationKind)reader.Byte(), reader.Text(), reader.Time(), reader.Amount());
            AccountId? payee = kind == OperationKind.Transfer ? new AccountId(reader.Id()) : null;
            account.Operations.Add(kind, id, new Operation(at, amount, payee));
        }
    }

    public static AccountState Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        var format = bytes is [>= FormatWithoutModules and <= Format and var found, ..] ? found : Format;
        reader.Version(format, "The snapshot of an account");
        var account = new AccountState
        {
            IsOpen = reader.Flag(),
            Available = reader.Amount(),
            Held = reader.Amount(),
            Earned = reader.Amount(),
            Spent = reader.Amount(),
            CreditedTotal = reader.Amount(),
            ReceivedTotal = reader.Amount(),
            SentTotal = reader.Amount(),
            LastHeldAt = reader.Time(),
        };
        ReadKeysAndHolds(ref reader, account);
        for (var left = reader.Items(itemSizeMin: 34); left > 0; left--)
        {
            var payee = new AccountId(reader.Id());
            var last = reader.Signed();
            var pending = new (long, TokenAmount)[reader.Items(itemSizeMin: 2)];
            for (var index = 0; index < pending.Length; index++)
            {
                pending[index] = (reader.Signed(), reader.Amount());
            }
            account.Outgoings.Add(payee, Outgoing.Restore(last, pending));
        }

        for (var left = reader.Items(itemSizeMin: 33); left > 0; left--)
        {
            account.Incoming.Add(new AccountId(reader.Id()), reader.Signed());
        }
        for (var left = reader.Items(); left > 0; left--)
        {
            account.Credits.Add(reader.Text());
        }
        KeptBlobsCodec.ReadPins(ref reader, account.Storage);
        if (format > FormatWithoutModules)
        {
            KeptBlobsCodec.ReadModules(ref reader, account.Storage);
        }
        if (format > FormatWithoutOperations)
        {
            ReadOperations(ref reader, account);
        }
        if (format > FormatWithoutTransfers)
        {
            account.LastChallenge = reader.Time();
        }
        if (format > FormatWithoutRefusals)
        {
            account.Refusals = RefusalListCodec.Read(ref reader);
        }
        if (format > FormatWithoutCharges)
        {
            ReadCharges(ref reader, account);
        }
        ReadClaims(ref reader, account, format);
        reader.End();
        return account;
    }

    private static void WriteKeysAndHolds(CompactWriter writer, AccountState account)
    {
        var keys = account.Keys.Values.OrderBy(key => key.Id, StringComparer.Ordinal).ToArray();
        var places = new Dictionary<AccountKey, int>(keys.Length);
        writer.Count(keys.Length);
        foreach (var key in keys)
        {
            places.Add(key, places.Count);
            writer.Text(key.Id);
            writer.Text(key.Name);
            writer.Count((int)key.Scopes);
            writer.Flag(key.SpendLimit is not null);
            if (key.SpendLimit is { } limit)
            {
                writer.Amount(limit);
            }
            writer.Time(key.CreatedAt);
            writer.Flag(key.RevokedAt is not null);
            if (key.RevokedAt is { } revokedAt)
            {
                writer.Time(revokedAt);
            }
            writer.Amount(key.Spent);
        }

        writer.Count(account.Holds.Count);
        foreach (var (job, hold) in account.Holds)
        {
            writer.Id(job.Value);
            writer.Count(places[hold.Key]);
            writer.Amount(hold.Amount);
            writer.Time(hold.First);
            writer.Time(hold.Last);
        }
    }

    private static void ReadKeysAndHolds(ref CompactReader reader, AccountState account)
    {
        var keys = new AccountKey[reader.Items(itemSizeMin: 13)];
        for (var index = 0; index < keys.Length; index++)
        {
            var id = reader.Text();
            var name = reader.Text();
            var scopes = (Scopes)reader.Count();
            TokenAmount? limit = reader.Flag() ? reader.Amount() : null;
            var key = new AccountKey(id, name, scopes, limit, reader.Time())
            {
                RevokedAt = reader.Flag() ? reader.Time() : null,
                Spent = reader.Amount(),
            };
            keys[index] = key;
            account.Keys.Add(id, key);
        }

        for (var left = reader.Items(itemSizeMin: 50); left > 0; left--)
        {
            var job = new JobId(reader.Id());
            var place = reader.Count();
            if (place >= keys.Length)
            {
                throw new InvalidDataException($"The snapshot of an account is damaged: a hold names key {place} of {keys.Length}.");
            }
            var hold = new Hold(keys[place], reader.Amount(), reader.Time());
            hold.Renew(reader.Time());
            hold.Key.Held += hold.Amount;
            account.Holds.Add(job, hold);
        }
    }
}
