using System.Globalization;
using Marketplace.Crypto;
using Marketplace.Receipts;

namespace Marketplace.Verify.Receipts;

/// <summary>Receipts and mutants of them, each in a file of its own.</summary>
internal sealed class ReceiptCases
{
    /// <summary>A kind that no receipt has a place for would never end.</summary>
    private const int TriesMax = 1_000;

    private readonly string _folder;
    private readonly Random _random;
    private readonly SignedMutants _signed;
    private readonly List<ReceiptFile> _files = [];
    private readonly List<Case> _all = [];

    public ReceiptCases(string folder, Random random)
    {
        _folder = Directory.CreateDirectory(folder).FullName;
        _random = random;
        _signed = new SignedMutants(random);
    }

    public IReadOnlyList<Case> All => _all;

    /// <summary>Receipts whose worker signed other runs with theirs.</summary>
    public int ReceiptsWithPath => _files.Count(file => file.WorkerSignatures.Any(signed => signed.Path.Count > 0));

    /// <summary>The receipt as it came, and with what a verifier may have beside it: the right and the wrong.</summary>
    public void AddReceipt(ReceiptFile file)
    {
        _files.Add(file);
        var (invocation, result) = (file.Receipt.Execution.Invocation, file.Receipt.Execution.Result);
        var wrong = new BlobId(invocation.Job.Value);
        var right = new ReceiptEvidence
        {
            Market = file.Domain,
            Module = invocation.Module,
            Input = invocation.Input,
            Output = result.Output,
        };
        // Each level is a kind of its own, of which some are looked at in a browser.
        Add($"as_it_came_{Assurance.Parse(file.Receipt.Assurance).Kind}".ToLowerInvariant(), file.ToJson(), holds: true);
        Add("right_evidence", file.ToJson(), holds: true, right);
        ReceiptEvidence[] others =
        [
            right with
            {
                Market = new MarketDomain(invocation.Job.Value),
            },
            right with
            {
                Module = wrong,
            },
            right with
            {
                Input = wrong,
            },
            right with
            {
                Output = wrong,
            },
        ];
        Add("wrong_evidence", file.ToJson(), holds: false, TextMutants.Pick(_random, others));
    }

    /// <summary>The receipt as a committee signs it: its mutants are those of its own kind.</summary>
    public void AddOfCommittee(ReceiptFile file) => AddReceipt(_signed.SignByCommittee(file.Receipt));

    /// <summary>The shortest receipt of workers, of a committee and of an earlier receipt, each with one bit flipped.</summary>
    /// <param name="count">Of each; bits at random, or all of them where there are no more.</param>
    public void AddFlips(int count)
    {
        foreach (var file in _files.GroupBy(KindOf).Select(kind => kind.MinBy(file => file.ToJson().Length)!))
        {
            var json = file.ToJson();
            var bits = Enumerable.Range(0, 8 * json.Length).ToArray();
            _random.Shuffle(bits);
            foreach (var bit in bits.Take(count))
            {
                var flipped = (byte[])json.Clone();
                flipped[bit / 8] ^= (byte)(1 << (bit % 8));
                Add($"flip_of_{KindOf(file)}", flipped, holds: false);
            }
        }

        static string KindOf(ReceiptFile file) =>
            file.Reuse is not null ? "answer"
            : file.Certificate is not null ? "committee"
            : "workers";
    }

    /// <summary>As many mutants, of each kind equally many.</summary>
    public void AddMutants(int count)
    {
        (string Kind, bool Holds, Func<ReceiptFile, byte[]?> Make)[] kinds =
        [
            ("white_space", true, file => TextMutants.AddSpace(_random, file.ToJson())),
            ("signed_anew", true, file => _signed.SignAnew(file.Receipt).ToJson()),
            ("answered_anew", true, file => _signed.AnswerAnew(file.Receipt).ToJson()),
            .. TextMutants.All.Select(mutant =>
                (mutant.Kind, false, (Func<ReceiptFile, byte[]?>)(file => mutant.Make(_random, file.ToJson())))
            ),
            .. _signed.All.Select(mutant =>
                (mutant.Kind, false, (Func<ReceiptFile, byte[]?>)(file => mutant.Make(file, TextMutants.Pick(_random, _files))))
            ),
        ];
        for (var number = 0; number < count; number++)
        {
            var (kind, holds, make) = kinds[number % kinds.Length];
            Add(kind, Mutant(kind, make), holds);
        }
        if (kinds.FirstOrDefault(kind => _all.All(one => one.Kind != kind.Kind)).Kind is { } missing)
        {
            throw new ArgumentException(
                $"{count} mutants are too few for {kinds.Length} kinds: there is none of '{missing}'.",
                nameof(count)
            );
        }
    }

    /// <summary>Some of all cases, equally from all of them.</summary>
    public IReadOnlyList<Case> Sample(int count, Func<Case, bool> isFit)
    {
        var kinds = _all.Where(isFit).GroupBy(one => one.Kind).Select(kind => kind.ToArray()).ToArray();
        return [.. Enumerable.Range(0, count).Select(number => TextMutants.Pick(_random, kinds[number % kinds.Length]))];
    }

    private byte[] Mutant(string kind, Func<ReceiptFile, byte[]?> make)
    {
        for (var tries = 0; tries < TriesMax; tries++)
        {
            var file = TextMutants.Pick(_random, _files);
            if (make(file) is { } json && !json.AsSpan().SequenceEqual(file.ToJson()))
            {
                return json;
            }
        }
        throw new InvalidOperationException($"No receipt has a place for '{kind}'.");
    }

    private void Add(string kind, byte[] json, bool holds, ReceiptEvidence? evidence = null)
    {
        var path = Path.Combine(_folder, _all.Count.ToString(CultureInfo.InvariantCulture));
        File.WriteAllBytes(path, json);
        _all.Add(new Case(path, json, kind, holds, evidence));
    }
}
