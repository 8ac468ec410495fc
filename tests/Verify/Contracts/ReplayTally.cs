namespace Marketplace.Verify.Contracts;

/// <summary>Signatures that were tried where they do not belong, and those that were taken.</summary>
internal sealed class ReplayTally
{
    private readonly SortedDictionary<string, int> _cases = new(StringComparer.Ordinal);
    private readonly List<string> _taken = [];

    public int Kinds => _cases.Count;

    public int Cases => _cases.Values.Sum();

    /// <summary>What was taken, and what was not taken where it belongs.</summary>
    public IReadOnlyList<string> Taken => _taken;

    /// <summary>A signature where something is another than it was made for.</summary>
    public void Try(string kind, string what, bool isTaken)
    {
        _cases[kind] = _cases.GetValueOrDefault(kind) + 1;
        if (isTaken)
        {
            _taken.Add($"{kind} is taken: {what}");
        }
    }

    /// <summary>The same signature where it belongs: without this, a verifier that refuses all would pass.</summary>
    public void Require(string kind, bool isTaken)
    {
        if (!isTaken)
        {
            _taken.Add($"{kind} is not taken where it was made for");
        }
    }
}
