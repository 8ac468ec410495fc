using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Marketplace.Tests.Tidy;

/// <summary>
/// Which methods of an assembly come to call which, by the code alone. Methods are named <c>Type.Method</c>, overloads are one, lambdas and
/// the state machines of async methods belong to the method that makes them. A call of a base class's method may be one of each override.
/// What stands behind an interface is not followed. So it errs on the side of too many calls inside the assembly, and ends at its border.
/// </summary>
internal sealed class CallGraph
{
    private readonly Dictionary<string, HashSet<string>> _calls = new(StringComparer.Ordinal);

    public CallGraph(string assembly)
    {
        using var file = new PEReader(File.OpenRead(assembly));
        var metadata = file.GetMetadataReader();
        foreach (
            var method in metadata
                .MethodDefinitions.Select(metadata.GetMethodDefinition)
                .Where(method => method.RelativeVirtualAddress != 0)
        )
        {
            var name = $"{MemberUse.NameOf(metadata, method.GetDeclaringType())}.{metadata.GetString(method.Name)}";
            if (!_calls.TryGetValue(name, out var called))
            {
                _calls.Add(name, called = new HashSet<string>(StringComparer.Ordinal));
            }
            foreach (var token in MemberUse.Tokens(file.GetMethodBody(method.RelativeVirtualAddress).GetILReader()))
            {
                called.UnionWith(NamesOf(metadata, token));
            }
        }
        foreach (var type in metadata.TypeDefinitions.Select(metadata.GetTypeDefinition).Where(type => !type.BaseType.IsNil))
        {
            AddOverrides(metadata, type);
        }
    }

    private void AddOverrides(MetadataReader metadata, TypeDefinition type)
    {
        var parent = MemberUse.ParentOf(metadata, type.BaseType);
        foreach (var method in type.GetMethods().Select(metadata.GetMethodDefinition))
        {
            if ((method.Attributes & (MethodAttributes.Virtual | MethodAttributes.NewSlot)) != MethodAttributes.Virtual)
            {
                continue;
            }
            var name = metadata.GetString(method.Name);
            if (!_calls.TryGetValue($"{parent}.{name}", out var called))
            {
                _calls.Add($"{parent}.{name}", called = new HashSet<string>(StringComparer.Ordinal));
            }
            called.Add($"{MemberUse.NameOf(metadata, method.GetDeclaringType())}.{name}");
        }
    }

    /// <summary>
    /// All that a method calls, itself or through others of the assembly; where several types of the assembly have the name, of each.
    /// </summary>
    public IReadOnlySet<string> Reachable(string method)
    {
        var reached = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>([method]);
        while (open.TryPop(out var next))
        {
            foreach (var called in _calls.GetValueOrDefault(next, []).Where(reached.Add))
            {
                open.Push(called);
            }
        }

        return reached;
    }

    public bool Knows(string method) => _calls.ContainsKey(method);

    private static IEnumerable<string> NamesOf(MetadataReader metadata, EntityHandle token)
    {
        if (token.Kind == HandleKind.MethodSpecification)
        {
            token = metadata.GetMethodSpecification((MethodSpecificationHandle)token).Method;
        }
        switch (token.Kind)
        {
            case HandleKind.MethodDefinition:
                var method = metadata.GetMethodDefinition((MethodDefinitionHandle)token);
                return NamesOf(MemberUse.NameOf(metadata, method.GetDeclaringType()), metadata.GetString(method.Name));
            case HandleKind.FieldDefinition:
                // The start of an async method only sets fields of its state machine, which the runtime then moves.
                var owner = metadata.GetFieldDefinition((FieldDefinitionHandle)token).GetDeclaringType();
                return NamesOf(MemberUse.NameOf(metadata, owner), null);
            default:
                return MemberUse.Resolve(metadata, token) is { } member ? NamesOf(member.Type, member.Member) : [];
        }
    }

    private static IEnumerable<string> NamesOf(string type, string? member)
    {
        if (member is not null)
        {
            yield return $"{type}.{member}";
        }
        if (type.Contains(">d__", StringComparison.Ordinal))
        {
            yield return $"{type}.MoveNext";
        }
    }
}
