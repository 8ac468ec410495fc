using Orleans.Runtime;

namespace Orleans;

/// <summary>Names the grain type, which otherwise is the class name in lower case without its suffix "Grain".</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
public sealed class GrainTypeAttribute(string grainType) : Attribute
{
    internal GrainType Type { get; } = GrainType.Create(grainType);
}

/// <summary>Activations of this class are never collected for being idle.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
public class KeepAliveAttribute : Attribute;

/// <summary>How long callers of this method wait for its answer, for instance <c>"00:00:05"</c>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ResponseTimeoutAttribute(string timeout) : Attribute
{
    public TimeSpan? Timeout { get; init; } = TimeSpan.Parse(timeout, System.Globalization.CultureInfo.InvariantCulture);
}
