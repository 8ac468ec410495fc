using System.Globalization;

namespace Orleans.Runtime;

/// <summary>Names a stream: a namespace and a key.</summary>
public readonly struct StreamId : IEquatable<StreamId>, IComparable<StreamId>
{
    private readonly IdSpan _namespace;
    private readonly IdSpan _key;

    private StreamId(IdSpan streamNamespace, IdSpan key)
    {
        _namespace = streamNamespace;
        _key = key;
    }

    public ReadOnlyMemory<byte> Namespace => _namespace.Value;

    public ReadOnlyMemory<byte> Key => _key.Value;

    internal IdSpan KeySpan => _key;

    public static StreamId Create(string? ns, string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        return new StreamId(ns is null ? default : IdSpan.Create(ns), IdSpan.Create(key));
    }

    public static StreamId Create(string? ns, Guid key) => Create(ns, key.ToString("N"));

    public static StreamId Create(string? ns, long key) => Create(ns, key.ToString(CultureInfo.InvariantCulture));

    public string GetKeyAsString() => _key.ToString();

    public string? GetNamespace() => _namespace.IsDefault ? null : _namespace.ToString();

    public bool Equals(StreamId other) => _key.Equals(other._key) && _namespace.Equals(other._namespace);

    public override bool Equals(object? obj) => obj is StreamId other && Equals(other);

    public override int GetHashCode() => (_namespace.GetHashCode() * 31) ^ _key.GetHashCode();

    public int CompareTo(StreamId other)
    {
        var byNamespace = _namespace.CompareTo(other._namespace);
        return byNamespace != 0 ? byNamespace : _key.CompareTo(other._key);
    }

    public override string ToString() => $"{GetNamespace() ?? "null"}/{GetKeyAsString()}";
}
