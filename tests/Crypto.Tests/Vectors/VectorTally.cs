namespace Marketplace.Crypto.Tests;

/// <summary>What a run over a vector file gives: how many cases passed, and which did not.</summary>
public sealed class VectorTally
{
    /// <summary>A wrong implementation fails everywhere: a few names are enough to look at.</summary>
    private const int FailuresMax = 20;

    private readonly List<string> _failures = [];

    public int Passed { get; private set; }

    public int Total { get; private set; }

    public IReadOnlyList<string> Failures => _failures;

    public void Add(string name, bool passed)
    {
        Total++;
        if (passed)
        {
            Passed++;
        }
        else if (_failures.Count < FailuresMax)
        {
            _failures.Add(name);
        }
    }

    /// <summary>The cases of both.</summary>
    public VectorTally With(VectorTally other)
    {
        Passed += other.Passed;
        Total += other.Total;
        _failures.AddRange(other._failures);
        return this;
    }

    public override string ToString() => $"{Passed} of {Total}{(Passed == Total ? "" : ": " + string.Join(", ", _failures))}";
}
