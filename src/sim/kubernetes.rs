//! The cluster: objects, controllers and kubelets on simulated time. Never decides why a container fails.
