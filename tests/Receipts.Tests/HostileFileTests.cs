using System.Text;
using Marketplace.Testing;

namespace Marketplace.Receipts.Tests;

/// <summary>
/// Files from strangers, damaged on purpose: each is refused, or found broken, with a sentence of some length, and no file takes much
/// memory for its size.
/// </summary>
public sealed class HostileFileTests
{
    private const int Mutants = 400;

    private static readonly Dictionary<string, byte[]> Files = new()
    {
        ["receipt"] = Samples.File.ToJson(),
        ["receipt of a committee"] = Samples.CommitteeFile.ToJson(),
        ["receipt of a reuse"] = Samples.AnsweredFile.ToJson(),
        ["dispute"] = DisputeSamples.File.ToJson(),
        ["epoch"] = Samples.EpochFile.ToJson(),
        ["open dispute"] = (DisputeSamples.Sign(DisputeSamples.Open) with { WorkerSignatures = [] }).ToJson(),
    };

    public static TheoryData<string> Names => [.. Files.Keys];

    [Theory, MemberData(nameof(Names))]
    public void EachMutant_IsRefusedOrBroken_AndTellsSo(string name)
    {
        var (original, random) = (Files[name], new Random(1));
        var (malformed, broken) = (0, 0);
        for (var number = 0; number < Mutants; number++)
        {
            var mutant = JsonMutants.Of(original, random);
            if (mutant.AsSpan().SequenceEqual(original))
            {
                continue;
            }
            try
            {
                var said = Check(name, mutant).FirstOrDefault(check => check.Result == CheckResult.Broken);
                Assert.True(said is not null, $"Mutant {number} holds: {Encoding.UTF8.GetString(mutant)}");
                AssertSentence(said.Finding);
                broken++;
            }
            catch (ReceiptFormatException refused)
            {
                AssertSentence(refused.Message);
                malformed++;
            }
        }

        Assert.True(malformed > Mutants / 4 && broken > Mutants / 40, $"{malformed} malformed, {broken} broken");
    }

    [Theory]
    [TestsBound(typeof(ReceiptCheck), nameof(ReceiptCheck.FindingCharsMax))]
    [InlineData("deep lists")]
    [InlineData("deep objects")]
    [InlineData("deep earlier receipts")]
    [InlineData("a number of a million digits")]
    [InlineData("a word of a million letters")]
    [InlineData("a hundred thousand members")]
    [InlineData("one member ten thousand times")]
    [InlineData("four thousand seats")]
    [InlineData("a path of ten thousand steps")]
    public void Monster_IsRefusedOrBroken_WithLittleMemory(string what)
    {
        var text = Encoding.UTF8.GetString(Samples.File.ToJson());
        var monster = what switch
        {
            "deep lists" => new string('[', 1_000_000),
            "deep objects" => Repeated(150_000, "{\"a\":"),
            "deep earlier receipts" => Repeated(500, text[..^1] + ",\"reuse\":{\"percent\":\"1\",\"earlier\":"),
            "a number of a million digits" => Replaced("\"price\":\"13\"", $"\"price\":\"{new string('9', 1_000_000)}\""),
            "a word of a million letters" => Replaced("\"outcome\":\"completed\"", $"\"outcome\":\"{new string('x', 1_000_000)}\""),
            "a hundred thousand members" => $"{{{string.Join(',', Enumerable.Range(0, 100_000).Select(number => $"\"{number}\":0"))}}}",
            "one member ten thousand times" => $"{{{string.Join(',', Enumerable.Repeat("\"format\":\"x\"", 10_000))}}}",
            "four thousand seats" => WithSeats(4_000),
            _ => WithPath(10_000),
        };
        var bytes = Encoding.UTF8.GetBytes(monster);
        bytes = bytes[..Math.Min(bytes.Length, ReceiptFile.BytesMax)];
        var before = GC.GetAllocatedBytesForCurrentThread();

        string said;
        try
        {
            said = ReceiptChecks.Of(ReceiptFile.Parse(bytes)).First(check => check.Result == CheckResult.Broken).Finding;
        }
        catch (ReceiptFormatException refused)
        {
            said = refused.Message;
        }

        AssertSentence(said);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 32 * ReceiptFile.BytesMax);

        string Replaced(string part, string other) => text.Replace(part, other, StringComparison.Ordinal);

        static string Repeated(int count, string part) => string.Concat(Enumerable.Repeat(part, count));
    }

    private static IReadOnlyList<ReceiptCheck> Check(string name, byte[] json) =>
        name.Contains("dispute", StringComparison.Ordinal) ? DisputeChecks.Of(DisputeFile.Parse(json))
        : name == "epoch" ? EpochChecks.Of(EpochFile.Parse(json))
        : ReceiptChecks.Of(ReceiptFile.Parse(json));

    private static void AssertSentence(string said) => Assert.InRange(said.Length, 10, ReceiptCheck.FindingCharsMax);

    private static string WithSeats(int count)
    {
        var workers = Enumerable
            .Range(0, count)
            .Select(number => new WorkerId(new Bytes32([0, .. new byte[27], .. Big(number)])))
            .ToArray();
        var receipt = Samples.Receipt with { Seats = [.. workers.Select(worker => new Seat(worker, new TokenAmount(1)))] };
        var one = Samples.File.WorkerSignatures[0] with { Path = [] };
        return Encoding.UTF8.GetString((Samples.Sign(receipt) with { WorkerSignatures = [.. Enumerable.Repeat(one, count)] }).ToJson());

        static byte[] Big(int number) => [(byte)(number >> 24), (byte)(number >> 16), (byte)(number >> 8), (byte)number];
    }

    private static string WithPath(int steps)
    {
        var signed = Samples.File.WorkerSignatures[0];
        var longer = signed with { Path = [.. signed.Path, .. Enumerable.Repeat(signed.Path[0], steps)] };
        return Encoding.UTF8.GetString((Samples.File with { WorkerSignatures = [longer] }).ToJson());
    }
}
