using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Marketplace.Api.Workers;
using Marketplace.Worker.Protocol;

namespace Marketplace.Verify.FuzzNet;

/// <summary>How many cases of each kind ended how, and which of them must not have. Thread-safe.</summary>
internal sealed class FuzzTable
{
    /// <summary>A run that finds one fault finds it a thousand times; the first ones tell all.</summary>
    private const int ToldMax = 5;

    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, SortedDictionary<string, int>> _rows = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _told = [];
    private readonly Dictionary<string, int> _ends = [];
    private readonly List<string> _violations = [];
    private readonly ConcurrentDictionary<string, int> _received = new();

    public int Cases { get; private set; }

    /// <summary>Ends that the market decided, by their reasons as this side heard them: the silo must have counted as many.</summary>
    public IReadOnlyDictionary<string, int> Ends
    {
        get
        {
            lock (_lock)
            {
                return new Dictionary<string, int>(_ends);
            }
        }
    }

    public IReadOnlyList<string> Violations
    {
        get
        {
            lock (_lock)
            {
                return [.. _violations];
            }
        }
    }

    /// <summary>A case has ended.</summary>
    /// <param name="kind">Of the case.</param>
    /// <param name="outcome">How it ended, in one of a few words.</param>
    /// <param name="allowed">The outcomes that it may have.</param>
    /// <param name="told">What was sent, for the one who has to find out.</param>
    public void Add(string kind, string outcome, IReadOnlyCollection<string> allowed, Func<string> told)
    {
        lock (_lock)
        {
            Cases++;
            if (!_rows.TryGetValue(kind, out var row))
            {
                _rows.Add(kind, row = new SortedDictionary<string, int>(StringComparer.Ordinal));
            }
            row[outcome] = row.GetValueOrDefault(outcome) + 1;
            if (LinkEndedException.Find(outcome) is { } end and not (LinkEnd.Done or LinkEnd.Silent or LinkEnd.Stopping))
            {
                _ends[outcome] = _ends.GetValueOrDefault(outcome) + 1;
            }
            if (!allowed.Contains(outcome))
            {
                TellLocked($"{kind}: {outcome}", $"{kind} ended as '{outcome}'; allowed are {string.Join(", ", allowed)}. {told()}");
            }
        }
    }

    /// <summary>Something that must not be.</summary>
    public void Violate(string kind, string words)
    {
        lock (_lock)
        {
            TellLocked(kind, words);
        }
    }

    /// <summary>A frame of the market came.</summary>
    public void Received(string kind) => _received.AddOrUpdate(kind, 1, static (_, count) => count + 1);

    public int ReceivedOf(string kind) => _received.GetValueOrDefault(kind);

    /// <summary>Cases of a kind whose outcome is, or is not, one of these.</summary>
    public int Count(Func<string, bool> ofKind, Func<string, bool> ofOutcome)
    {
        lock (_lock)
        {
            return _rows.Where(row => ofKind(row.Key)).Sum(row => row.Value.Where(cell => ofOutcome(cell.Key)).Sum(cell => cell.Value));
        }
    }

    public override string ToString()
    {
        lock (_lock)
        {
            var text = new StringBuilder();
            foreach (var (kind, row) in _rows)
            {
                var cells = row.Select(cell => string.Create(CultureInfo.InvariantCulture, $"{cell.Key} {cell.Value}"));
                text.Append(CultureInfo.InvariantCulture, $"{kind, -34} {row.Values.Sum(), 7}  {string.Join(", ", cells)}").AppendLine();
            }
            return text.ToString();
        }
    }

    private void TellLocked(string kind, string words)
    {
        var times = _told[kind] = _told.GetValueOrDefault(kind) + 1;
        if (times <= ToldMax)
        {
            _violations.Add(words);
        }
    }
}
