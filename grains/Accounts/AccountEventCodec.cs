using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>The stored form of an account's events: format, kind, fields.</summary>
internal static class AccountEventCodec
{
    private const byte Format = 1;

    /// <summary>9, 10, 12 and 13 are those of <see cref="StorageEventCodec"/>.</summary>
    private enum Kind : byte
    {
        Credited = 1,
        Held = 2,
        HoldsRenewed = 3,
        Settled = 4,
        Delivered = 5,
        Received = 6,
        KeyCreated = 7,
        KeyRevoked = 8,
        Resumed = 11,
        CreditedAt = 14,
        Debited = 15,
        CreditReversed = 16,
        FundsSetAside = 17,
        Divided = 18,
        KeyProved = 19,
        Transferred = 20,
        RefusalsSet = 21,
        HoldCharged = 22,
        EarningsGoToChain = 23,
        Compensated = 24,
        CompensationReversed = 25,
    }

    public static ReadOnlyMemory<byte> Write(AccountEvent happened)
    {
        var writer = new CompactWriter(RoomFor(happened));
        writer.Byte(Format);
        switch (happened)
        {
            case Credited credited:
                WriteCredited(Begin(credited.At is null ? Kind.Credited : Kind.CreditedAt), credited);
                break;
            case Debited or CreditReversed or Compensated or CompensationReversed:
                WriteOperation(writer, happened);
                break;
            case FundsSetAside aside:
                WriteAside(Begin(Kind.FundsSetAside), aside);
                break;
            case Divided divided:
                WriteDivided(Begin(Kind.Divided), divided);
                break;
            case HoldCharged charged:
                WriteCharged(Begin(Kind.HoldCharged), charged);
                break;
            case Held holds:
                WriteHeld(Begin(Kind.Held), holds);
                break;
            case HoldsRenewed renewed:
                WriteRenewed(Begin(Kind.HoldsRenewed), renewed);
                break;
            case Settled settlement:
                WriteSettled(Begin(Kind.Settled), settlement);
                break;
            case Delivered delivered:
                WriteDelivered(Begin(Kind.Delivered), delivered);
                break;
            case Received received:
                WriteReceived(Begin(Kind.Received), received);
                break;
            case KeyCreated created:
                WriteKey(Begin(created.Challenge is null ? Kind.KeyCreated : Kind.KeyProved), created);
                break;
            case Transferred transferred:
                WriteTransferred(Begin(Kind.Transferred), transferred);
                break;
            case KeyRevoked revoked:
                WriteRevoked(Begin(Kind.KeyRevoked), revoked);
                break;
            case RefusalsSet set:
                RefusalListCodec.Write(Begin(Kind.RefusalsSet), set.Refusals);
                break;
            case Resumed or EarningsGoToChain:
                Begin(happened is Resumed ? Kind.Resumed : Kind.EarningsGoToChain);
                break;
            default:
                throw new InvalidOperationException(
                    $"This is a bug in the account: the event {happened.GetType().Name} has no stored form."
                );
        }

        return writer.Finish();

        CompactWriter Begin(Kind kind)
        {
            writer.Byte((byte)kind);
            return writer;
        }
    }

    private static int RoomFor(AccountEvent happened) =>
        96
        + happened switch
        {
            Held { Items.Length: var count } => count * 36,
            RefusalsSet => AccountPolicy.RefusalsMax * Bytes32.Size,
            Settled { Jobs.Length: var count } => count * 36,
            _ => 0,
        };

    public static AccountEvent Read(ReadOnlySpan<byte> bytes)
    {
        if (StorageEventCodec.StoodInAccounts(bytes))
        {
            return new StorageChanged(StorageEventCodec.Read(bytes));
        }
        var reader = new CompactReader(bytes);
        reader.Version(Format, "An event of an account");
        var kind = (Kind)reader.Byte();
        AccountEvent happened = kind switch
        {
            Kind.Credited => new Credited(reader.Text(), reader.Amount(), null, null),
            Kind.CreditedAt => new Credited(reader.Text(), reader.Amount(), reader.Time(), reader.Time()),
            Kind.Debited => new Debited(reader.Text(), reader.Amount(), reader.Time(), reader.Time()),
            Kind.CreditReversed => new CreditReversed(reader.Text(), reader.Amount(), reader.Time(), reader.Time()),
            Kind.Compensated => new Compensated(reader.Text(), reader.Amount(), reader.Time(), reader.Time()),
            Kind.CompensationReversed => new CompensationReversed(reader.Text(), reader.Amount(), reader.Time(), reader.Time()),
            Kind.FundsSetAside => new FundsSetAside(ReadHold(ref reader), reader.Text(), reader.Amount(), reader.Time()),
            Kind.Divided => new Divided(ReadHold(ref reader), reader.Amount(), ReadTransfers(ref reader), reader.Amount(), reader.Amount()),
            Kind.HoldCharged => new HoldCharged(
                ReadHold(ref reader),
                reader.Count(),
                reader.Amount(),
                ReadTransfers(ref reader),
                reader.Amount()
            ),
            Kind.Held => ReadHeld(ref reader),
            Kind.HoldsRenewed => ReadRenewed(ref reader),
            Kind.Settled => ReadSettled(ref reader),
            Kind.Delivered => new Delivered(new AccountId(reader.Id()), reader.Signed()),
            Kind.Received => new Received(new AccountId(reader.Id()), reader.Signed(), reader.Amount()),
            Kind.KeyCreated => ReadKey(ref reader, challenge: null),
            Kind.KeyProved => ReadKey(ref reader, reader.Time()),
            Kind.Transferred => new Transferred(
                Request: reader.Text(),
                KeyId: reader.Text(),
                To: new AccountId(reader.Id()),
                Sequence: reader.Signed(),
                Amount: reader.Amount(),
                At: reader.Time(),
                Noted: reader.Time()
            ),
            Kind.KeyRevoked => new KeyRevoked(reader.Text(), reader.Time()),
            Kind.RefusalsSet => new RefusalsSet(RefusalListCodec.Read(ref reader)),
            Kind.Resumed => new Resumed(),
            Kind.EarningsGoToChain => new EarningsGoToChain(),
            _ => throw new InvalidDataException($"An event of an account has the unknown kind {(byte)kind}. Use the build that wrote it."),
        };
        reader.End();
        return happened;
    }

    private static void WriteDelivered(CompactWriter writer, Delivered delivered)
    {
        writer.Id(delivered.Payee.Value);
        writer.Signed(delivered.Sequence);
    }

    private static void WriteRevoked(CompactWriter writer, KeyRevoked revoked)
    {
        writer.Text(revoked.Id);
        writer.Time(revoked.At);
    }

    private static void WriteCredited(CompactWriter writer, Credited credited)
    {
        if (credited is { At: { } at, Noted: { } noted })
        {
            WriteOperation(writer, credited.Operation, credited.Amount, at, noted);
            return;
        }
        writer.Text(credited.Operation);
        writer.Amount(credited.Amount);
    }

    private static void WriteOperation(CompactWriter writer, AccountEvent happened)
    {
        var (kind, operation, amount, at, noted) = happened switch
        {
            Debited debited => (Kind.Debited, debited.Operation, debited.Amount, debited.At, debited.Noted),
            CreditReversed lost => (Kind.CreditReversed, lost.Operation, lost.Amount, lost.At, lost.Noted),
            Compensated given => (Kind.Compensated, given.Operation, given.Amount, given.At, given.Noted),
            CompensationReversed lost => (Kind.CompensationReversed, lost.Operation, lost.Amount, lost.At, lost.Noted),
            _ => throw new InvalidOperationException($"This is a bug in the account: {happened.GetType().Name} is no such operation."),
        };
        writer.Byte((byte)kind);
        WriteOperation(writer, operation, amount, at, noted);
    }

    private static void WriteOperation(CompactWriter writer, string operation, TokenAmount amount, DateTimeOffset at, DateTimeOffset noted)
    {
        writer.Text(operation);
        writer.Amount(amount);
        writer.Time(at);
        writer.Time(noted);
    }

    internal static void WriteHold(CompactWriter writer, HoldId hold)
    {
        writer.Byte((byte)hold.Purpose);
        writer.Id(hold.Value);
    }

    internal static HoldId ReadHold(ref CompactReader reader) => new((HoldPurpose)reader.Byte(), reader.Id());

    private static void WriteAside(CompactWriter writer, FundsSetAside aside)
    {
        WriteHold(writer, aside.Hold);
        writer.Text(aside.KeyId);
        writer.Amount(aside.Amount);
        writer.Time(aside.At);
    }

    private static void WriteDivided(CompactWriter writer, Divided divided)
    {
        WriteHold(writer, divided.Hold);
        writer.Amount(divided.Charge);
        WriteTransfers(writer, divided.Transfers);
        writer.Amount(divided.ToSelf);
        writer.Amount(divided.ToOutside);
    }

    private static void WriteCharged(CompactWriter writer, HoldCharged charged)
    {
        WriteHold(writer, charged.Hold);
        writer.Count(charged.Number);
        writer.Amount(charged.Charge);
        WriteTransfers(writer, charged.Transfers);
        writer.Amount(charged.ToSelf);
    }

    private static void WriteTransferred(CompactWriter writer, Transferred transferred)
    {
        writer.Text(transferred.Request);
        writer.Text(transferred.KeyId);
        writer.Id(transferred.To.Value);
        writer.Signed(transferred.Sequence);
        writer.Amount(transferred.Amount);
        writer.Time(transferred.At);
        writer.Time(transferred.Noted);
    }

    private static void WriteReceived(CompactWriter writer, Received received)
    {
        writer.Id(received.Payer.Value);
        writer.Signed(received.Sequence);
        writer.Amount(received.Amount);
    }

    private static void WriteHeld(CompactWriter writer, Held held)
    {
        writer.Time(held.At);
        writer.Text(held.KeyId);
        writer.Count(held.Items.Length);
        foreach (var item in held.Items)
        {
            writer.Id(item.Job.Value);
            writer.Amount(item.Amount);
        }
    }

    private static Held ReadHeld(ref CompactReader reader)
    {
        var at = reader.Time();
        var keyId = reader.Text();
        var items = new HoldItem[reader.Items(itemSizeMin: 33)];
        for (var index = 0; index < items.Length; index++)
        {
            items[index] = new HoldItem(new JobId(reader.Id()), reader.Amount());
        }
        return new Held(at, keyId, ImmutableArray.Create(items));
    }

    private static void WriteRenewed(CompactWriter writer, HoldsRenewed renewed)
    {
        writer.Time(renewed.At);
        writer.Count(renewed.Jobs.Length);
        foreach (var job in renewed.Jobs)
        {
            writer.Id(job.Value);
        }
    }

    private static HoldsRenewed ReadRenewed(ref CompactReader reader)
    {
        var at = reader.Time();
        var jobs = new JobId[reader.Items(itemSizeMin: 32)];
        for (var index = 0; index < jobs.Length; index++)
        {
            jobs[index] = new JobId(reader.Id());
        }
        return new HoldsRenewed(at, ImmutableArray.Create(jobs));
    }

    private static void WriteSettled(CompactWriter writer, Settled settled)
    {
        writer.Count(settled.Jobs.Length);
        foreach (var job in settled.Jobs)
        {
            writer.Id(job.Job.Value);
            writer.Amount(job.Charge);
        }

        WriteTransfers(writer, settled.Transfers);
        writer.Amount(settled.ToSelf);
    }

    private static void WriteTransfers(CompactWriter writer, ImmutableArray<OutgoingCharge> transfers)
    {
        writer.Count(transfers.Length);
        foreach (var transfer in transfers)
        {
            writer.Id(transfer.Payee.Value);
            writer.Signed(transfer.Sequence);
            writer.Amount(transfer.Amount);
        }
    }

    private static ImmutableArray<OutgoingCharge> ReadTransfers(ref CompactReader reader)
    {
        var transfers = new OutgoingCharge[reader.Items(itemSizeMin: 34)];
        for (var index = 0; index < transfers.Length; index++)
        {
            transfers[index] = new OutgoingCharge(new AccountId(reader.Id()), reader.Signed(), reader.Amount());
        }
        return ImmutableArray.Create(transfers);
    }

    private static Settled ReadSettled(ref CompactReader reader)
    {
        var jobs = new SettledJob[reader.Items(itemSizeMin: 33)];
        for (var index = 0; index < jobs.Length; index++)
        {
            jobs[index] = new SettledJob(new JobId(reader.Id()), reader.Amount());
        }
        return new Settled(ImmutableArray.Create(jobs), ReadTransfers(ref reader), reader.Amount());
    }

    private static void WriteKey(CompactWriter writer, KeyCreated key)
    {
        if (key.Challenge is { } challenge)
        {
            writer.Time(challenge);
        }
        writer.Text(key.Id);
        writer.Text(key.Name);
        writer.Count((int)key.Scopes);
        writer.Flag(key.SpendLimit is not null);
        if (key.SpendLimit is { } limit)
        {
            writer.Amount(limit);
        }
        writer.Time(key.At);
    }

    private static KeyCreated ReadKey(ref CompactReader reader, DateTimeOffset? challenge)
    {
        var id = reader.Text();
        var name = reader.Text();
        var scopes = (Scopes)reader.Count();
        TokenAmount? limit = reader.Flag() ? reader.Amount() : null;
        return new KeyCreated(id, name, scopes, limit, reader.Time()) { Challenge = challenge };
    }
}
