namespace System.Runtime.CompilerServices;

/// <summary>The runtime knows it by name: emitted proxies may use internal interfaces and types of that assembly.</summary>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
internal sealed class IgnoresAccessChecksToAttribute(string assemblyName) : Attribute
{
    public string AssemblyName { get; } = assemblyName;
}
