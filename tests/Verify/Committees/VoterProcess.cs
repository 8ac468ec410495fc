using System.Diagnostics;
using System.Globalization;
using Marketplace.Crypto;
using Marketplace.Worker;

namespace Marketplace.Verify.Committees;

/// <summary>
/// A process that votes in a real folder until it is killed, asked for contradictions all the time. It tells each vote that it signed; what
/// it told in all of its lives is compared.
/// </summary>
internal sealed class VoterProcess(string folder, Random random)
{
    public const string ProcessName = "committee-voter";

    private const int LinesMax = 40;
    private const int Subjects = 4;
    private const int PartBytesMax = 4_000;

    private readonly Dictionary<string, string> _signed = new(StringComparer.Ordinal);

    public int Signatures { get; private set; }

    public int Kills { get; private set; }

    /// <summary>The voter's main: it ends when it is killed.</summary>
    public static int Vote(string[] args)
    {
        var random = new Random(int.Parse(args[1], CultureInfo.InvariantCulture));
        using var files = new VoteFiles(args[0]);
        using var log = VoteLog.Exists(files)
            ? VoteLog.Open(files, new WorkerId(Word(1)), TimeProvider.System)
            : VoteLog.Create(files, BlsSecretKey.FromSeed(new byte[BlsSecretKey.SeedSizeMin]), new WorkerId(Word(1)), TimeProvider.System);
        log.Bind(Word(1));
        log.PartBytesMax = PartBytesMax;
        while (true)
        {
            var epoch = Math.Max(log.Floor, log.Newest - Math.Min(log.Newest, (ulong)random.Next(3))) + (random.Next(10) == 0 ? 1ul : 0);
            var votes = Enumerable
                .Range(0, random.Next(1, 5))
                .Select(_ => new MemberVote(VoteKind.Receipt, Word(random.Next(Subjects)), Word(random.Next(2))))
                .ToArray();
            try
            {
                log.Sign(epoch, votes, Word(0));
            }
            catch (VoteRefusedException)
            {
                continue;
            }
            Console.Out.Write(string.Concat(votes.Select(vote => $"{epoch}/{vote.Subject} {vote.Digest}\n")));
            Console.Out.Flush();
        }

        static Bytes32 Word(int number) => new([(byte)number, .. new byte[Bytes32.Size - 1]]);
    }

    public async Task Run(int lives, List<string> violations)
    {
        for (var life = 0; life < lives; life++)
        {
            string[] arguments = [Environment.GetCommandLineArgs()[0], ProcessName, folder, $"{random.Next()}"];
            using var process = Process.Start(
                new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true }
            )!;
            for (var left = random.Next(1, LinesMax); left > 0; left--)
            {
                Take(await process.StandardOutput.ReadLineAsync(), violations);
            }
            process.Kill();
            Kills++;
            while (await process.StandardOutput.ReadLineAsync() is { } line)
            {
                Take(line, violations);
            }
            var said = await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            if (said.Length > 0)
            {
                violations.Add($"Life {life} of the voter ended by itself: {said}");
            }
        }
    }

    /// <summary>A line may be cut by the end of its process; then it has no digest.</summary>
    private void Take(string? line, List<string> violations)
    {
        if (line?.Split(' ') is not [var subject, { Length: 2 * Bytes32.Size } digest])
        {
            return;
        }
        Signatures++;
        if (!_signed.TryAdd(subject, digest) && _signed[subject] != digest)
        {
            violations.Add($"{subject}: {_signed[subject]} was signed, and then {digest}.");
        }
    }
}
