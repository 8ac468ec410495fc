using System.Numerics;
using System.Text;
using Marketplace.Receipts;

namespace Marketplace.Verify.Contracts;

/// <summary>
/// Receipts, settlements and accounts by chance: every member anywhere in its type, often at an end of it. They need not make sense, only
/// have one hash.
/// </summary>
internal sealed class RandomReceipts(Random chance)
{
    private const int ShortMax = 40;

    /// <summary>As long as the arguments of a job may be.</summary>
    private const int LongMax = JobLimits.InlineBytesMax;

    /// <summary>How many of a list there are, mostly.</summary>
    private const int FewMax = 4;

    /// <summary>One text in so many is as long as it may be, one list as full.</summary>
    private const int RarelyOneIn = 60;

    private static readonly string[] Words = ["", "completed", "failed", "none", "program", "not_run", "quorum 3 of 5", "committee 4"];

    public Receipt Receipt() =>
        new()
        {
            Execution = new Execution { Invocation = Invocation(), Result = Result() },
            Payer = new AccountId(Word()),
            Seats = List(64, () => new Seat(new WorkerId(Word()), Amount())),
            Assurance = Text(),
            State = Text(),
            Fault = Text(),
            PriceLimit = Amount(),
            Price = Amount(),
            Shares = List(64, () => new PaidShare(new AccountId(Word()), Amount())),
            Epoch = Number(),
            EndedAt = Number(),
        };

    /// <summary>The same but for one member.</summary>
    public Receipt Changed(Receipt receipt)
    {
        var (execution, invocation, result) = (receipt.Execution, receipt.Execution.Invocation, receipt.Execution.Result);
        return chance.Next(12) switch
        {
            0 => receipt with { Payer = new AccountId(Fresh()) },
            1 => receipt with { Price = new TokenAmount(receipt.Price.BaseUnits ^ (UInt128.One << chance.Next(128))) },
            2 => receipt with { Epoch = receipt.Epoch ^ (1UL << chance.Next(64)) },
            3 => receipt with { Fault = receipt.Fault + "x" },
            4 => receipt with { Seats = [.. receipt.Seats, new Seat(new WorkerId(Fresh()), Amount())] },
            5 => receipt with { Shares = [new PaidShare(new AccountId(Fresh()), Amount()), .. receipt.Shares] },
            6 => receipt with { Execution = execution with { Invocation = invocation with { Job = new JobId(Fresh()) } } },
            7 => receipt with { Execution = execution with { Invocation = invocation with { Arguments = [.. invocation.Arguments, ""] } } },
            8 => receipt with { Execution = execution with { Result = result with { ExitCode = ~result.ExitCode } } },
            9 => receipt with { Execution = execution with { Result = result with { Writes = Fresh() } } },
            10 => receipt with { EndedAt = ~receipt.EndedAt },
            _ => receipt with { Execution = execution with { Invocation = invocation with { MemoryPages = invocation.MemoryPages + 1 } } },
        };
    }

    public Settlement Settlement() =>
        new()
        {
            Number = Number(),
            Epoch = Number(),
            ChainBlock = Number(),
            Accounts = Word(),
            Receipts = Word(),
            Earned = Amount(),
            Spent = Amount(),
        };

    public AccountTotals Totals() => new(Address(), Amount(), Amount(), Amount());

    public Bytes32 Word() =>
        chance.Next(12) switch
        {
            0 => default,
            1 => new Bytes32([.. Enumerable.Repeat(byte.MaxValue, Bytes32.Size)]),
            _ => new Bytes32(Bytes(Bytes32.Size)),
        };

    /// <summary>One that is nowhere else.</summary>
    public Bytes32 Fresh() => new(Bytes(Bytes32.Size));

    public EvmAddress Address() => new(Bytes(EvmAddress.Size));

    public TokenAmount Amount() => new(((UInt128)Number() << 64) | Number());

    public ulong Number() =>
        chance.Next(6) switch
        {
            0 => 0,
            1 => ulong.MaxValue,
            2 => (ulong)chance.Next(1000),
            _ => (ulong)chance.NextInt64(long.MinValue, long.MaxValue),
        };

    public byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        chance.NextBytes(bytes);
        return bytes;
    }

    private Invocation Invocation() =>
        new()
        {
            Job = new JobId(Word()),
            Program = new ProgramId(Word()),
            Module = new BlobId(Word()),
            EntryPoint = Text(),
            Arguments = List(256, Text),
            Environment = List(256, () => new NamedValue(Text(), Text())),
            Input = new BlobId(Word()),
            Files = List(JobLimits.FilesMax, File),
            Clock = Number(),
            FuelLimit = Number(),
            MemoryPages = (uint)Number(),
            TimeLimit = Number(),
        };

    private RunResult Result() =>
        new()
        {
            Profile = Word(),
            Outcome = Text(),
            ExitCode = chance.Next(4) switch
            {
                0 => int.MinValue,
                1 => -1,
                2 => int.MaxValue,
                _ => (int)Number(),
            },
            Fuel = Number(),
            Output = new BlobId(Word()),
            OutputFiles = List(JobLimits.FilesMax, File),
            StateBefore = new StateRoot(Word()),
            StateAfter = new StateRoot(Word()),
            Writes = Word(),
        };

    private NamedContent File() => new(Text(), new BlobId(Word()));

    private TItem[] List<TItem>(int most, Func<TItem> item)
    {
        var count = chance.Next(RarelyOneIn) == 0 ? most : chance.Next(FewMax);
        return [.. Enumerable.Range(0, count).Select(_ => item())];
    }

    private string Text()
    {
        if (chance.Next(3) == 0)
        {
            return Words[chance.Next(Words.Length)];
        }
        var (text, length) = (new StringBuilder(), chance.Next(20 * RarelyOneIn) == 0 ? LongMax : chance.Next(ShortMax));
        while (text.Length < length)
        {
            // Any character of Unicode that is one: halves of pairs have no UTF-8.
            var rune = chance.Next(3) == 0 ? chance.Next(0x110000) : chance.Next(0x80);
            text.Append(Rune.IsValid(rune) ? new Rune(rune).ToString() : "é");
        }
        return text.ToString();
    }
}
