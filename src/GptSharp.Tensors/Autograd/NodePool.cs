namespace GptSharp.Tensors.Autograd;

/// <summary>Nodes to reuse, by type.</summary>
internal sealed class NodePool
{
    private readonly Dictionary<Type, Stack<Node>> _nodes = [];

    public TNode Rent<TNode>()
        where TNode : Node, new() =>
        _nodes.TryGetValue(typeof(TNode), out Stack<Node>? pooled) && pooled.TryPop(out Node? node)
            ? (TNode)node
            : new TNode();

    public void Return(Node node)
    {
        if (!_nodes.TryGetValue(node.GetType(), out Stack<Node>? pooled))
        {
            _nodes.Add(node.GetType(), pooled = new Stack<Node>());
        }

        pooled.Push(node);
    }
}
